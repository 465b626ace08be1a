/** The certificate in words, and the project in a few numbers. */
import { element, part, sign } from "./element.js";
import { count, percent } from "./numbers.js";

const asSentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

export function showCertificate({ certificate, settings }) {
  const box = part("certificate");
  box.hidden = false;
  box.classList.toggle("certified", certificate.certified);
  document.getElementById("certificate").replaceChildren(
    sign(certificate.certified ? "accept" : "wait"),
    `${certificate.certified ? "Certified" : "Not certified yet"}: precision of ${percent(settings.wanted, 2)} at ${percent(settings.confidence, 2)} confidence`,
  );
  const [first, ...rest] = certificate.sentences.map(asSentence);
  part("certificate-body").replaceChildren(
    element("p", { className: "sentence" }, first),
    ...rest.map((sentence) => element("p", { className: "soft" }, sentence)),
    ...(certificate.more
      ? [element(
          "p", { className: "next" },
          element("a", { className: "button", href: "/review?lane=random" }, "Judge the random share"),
          element("span", { className: "soft" }, `${count(certificate.more)} more judgements until the next look`),
        )]
      : []),
  );
}

export function showTiles({ certificate, strata, settings, disagreements }, progress) {
  const sum = (name) => strata.reduce((total, stratum) => total + stratum[name], 0);
  const [accepted, rejected, unsure] = ["accepted", "rejected", "unsure"].map(sum);
  const decided = accepted + rejected + unsure;
  const each = settings.votes === 1 ? "" : `, ${settings.votes} for ${settings.votes_share < 1 ? percent(settings.votes_share) : "each pair"}`;
  const tiles = [
    ["Candidates", certificate.candidates, `${count(certificate.judged)} judged`],
    ["Judgements", progress.judged, `of ${count(progress.wanted)}${each}`],
    ["Accepted", accepted, decided ? `${percent(accepted / decided)} of the judged` : "none is judged yet"],
    ["Rejected", rejected, `${count(unsure)} unsure, ${count(disagreements.length)} disputed`],
  ];
  part("tiles").replaceChildren(
    ...tiles.map(([name, value, more]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, element("strong", {}, count(value)), element("span", {}, more))),
    ),
  );
}
