"""Methods: how an encoder learns from pairs of views. One paper, one file."""

from sempairs.core.registry import Registry

METHODS = Registry(
    "method",
    {
        "simclr": "sempairs.methods.simclr:SimCLR",
        "byol": "sempairs.methods.byol:BYOL",
        "mae": "sempairs.methods.mae:MAE",
        "simsiam": "sempairs.methods.simsiam:SimSiam",
        "barlow-twins": "sempairs.methods.barlow_twins:BarlowTwins",
        "vicreg": "sempairs.methods.vicreg:VICReg",
        "w-mse": "sempairs.methods.w_mse:WMSE",
        "dcl": "sempairs.methods.dcl:DCL",
        "nnclr": "sempairs.methods.nnclr:NNCLR",
        "msf": "sempairs.methods.msf:MSF",
        "supcon": "sempairs.methods.supcon:SupCon",
        "supervised": "sempairs.methods.supervised:Supervised",
        "sepp-id": "sempairs.methods.sepp_id:SePPID",
        "leoclr": "sempairs.methods.leoclr:LeOCLR",
        "swav": "sempairs.methods.swav:SwAV",
        "dino": "sempairs.methods.dino:DINO",
        "moco-v2": "sempairs.methods.moco_v2:MoCoV2",
        "moco-v3": "sempairs.methods.moco_v3:MoCoV3",
    },
)
