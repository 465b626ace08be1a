/** The page of one pair at a time: puts the parts together. */
import { element, page, part } from "./element.js";
import { History, SAID } from "./history.js";
import { listen } from "./keys.js";
import { Lens } from "./lens.js";
import { openOutbox } from "./outbox.js";
import { prefer, preference } from "./preferences.js";
import { Ahead, prepared } from "./prefetch.js";
import { ProgressLine } from "./progress.js";
import { Queue, uuid } from "./queue.js";
import { offerKeys } from "./remap.js";
import { showSaved } from "./saved.js";
import { get } from "./server.js";

const STALE = 5 * 60_000; // ms: after so long leases are asked for again
const outbox = await openOutbox(`${page.project} ${page.number}`);
const queue = new Queue(outbox);
const ahead = new Ahead({ lane: page.lane, stratum: page.stratum });
const lens = new Lens(part("stage"));
const history = new History(part("history"), revise);
const progress = new ProgressLine(page.lane);
const spoken = part("spoken");

let shown = null; // the pair on the page
let revised = null; // the entry of the history that is being revised
let watched = { since: null, seconds: 0, classShown: false };

/** Put the pair that is due on the page, as soon as its images are decoded. */
function show() {
  const due = revised?.pair ?? ahead.pairs[0] ?? null;
  part("empty").hidden = due !== null;
  if (due === null) return empty();
  if (due === shown) return;
  if (!due.loaded) {
    due.ready.then(show);
    return;
  }
  shown = due;
  lens.show(due);
  if (due.broken) say("An image of this pair cannot be shown. It can be judged “unsure” alone.");
  watched = { since: performance.now(), seconds: 0, classShown: false };
  press("zoom", false);
  press("flag", due.flagged);
  showName();
}

function empty() {
  shown = null;
  lens.show({ images: [] });
  const waits = !ahead.exhausted;
  part("empty").replaceChildren(
    element("h2", {}, waits ? "Waiting for the server" : "Nothing left to judge"),
    element("p", {}, waits ? "The next pairs come as soon as it answers." : "Every pair of this queue has its votes, or is with somebody else."),
    element("a", { className: "button primary", href: "/" }, "To the project"),
  );
}

function showName() {
  const name = part("name");
  const on = preference("class", page.show_class);
  press("class", on);
  name.textContent = shown?.name ?? "";
  name.hidden = !on || !shown?.name;
  watched.classShown ||= !name.hidden;
}

const button = (action) => document.querySelector(`[data-action="${action}"]`);
const press = (action, on) => button(action).setAttribute("aria-pressed", String(Boolean(on)));
const say = (text) => { spoken.textContent = text; };

function seconds() {
  const now = performance.now();
  const running = watched.since === null ? 0 : (now - watched.since) / 1000;
  return Number((watched.seconds + running).toFixed(3));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) watched = { ...watched, seconds: seconds(), since: null };
  else {
    watched.since = performance.now();
    if (Date.now() - ahead.asked > STALE) ahead.fill({ again: true });
  }
});

/** Judge the pair on the page. A pair that is not on the page yet cannot be judged. */
function judge(verdict) {
  const due = revised?.pair ?? ahead.pairs[0];
  if (!shown || due !== shown || (shown.broken && verdict !== "unsure")) return;
  const decision = {
    uuid: uuid(), task: shown.id, kind: "verdict", verdict, class_shown: watched.classShown, seconds: seconds(),
  };
  if (revised) decision.supersedes = revised.entry.uuid;
  queue.add(decision);
  flash(verdict);
  history.add({ ...entryOf(shown), uuid: decision.uuid, verdict });
  if (revised) endRevision();
  else {
    ahead.take();
    progress.judged(1);
  }
  show();
  say(`${SAID[verdict]}.`);
}

const entryOf = ({ id, left, right, name, flagged, note }) => ({ task: id, left, right, name, flagged, note });

function flash(action) {
  const pressed = button(action);
  pressed.classList.add("pressed");
  setTimeout(() => pressed.classList.remove("pressed"), 140);
}

function undo() {
  if (revised) return endRevision(), show();
  const last = history.entries[0];
  if (!last) return;
  queue.add({ uuid: uuid(), task: last.task, kind: "undo", supersedes: last.uuid });
  history.remove(last.uuid);
  ahead.putBack([prepared({ ...last, id: last.task })]);
  progress.judged(-1);
  show();
  say("Taken back.");
}

function revise(entry) {
  if (revised?.entry === entry) return endRevision(), show();
  revised = { entry, pair: prepared({ ...entry, id: entry.task }) };
  history.mark(entry.uuid);
  part("revising").hidden = false;
  part("was").textContent = `“${entry.verdict}”`;
  show();
  say(`Revising. You said ${entry.verdict}.`);
}

function endRevision() {
  revised = null;
  part("revising").hidden = true;
  history.mark(null);
}

function flag() {
  if (!shown) return;
  shown.flagged = !shown.flagged;
  queue.add({ uuid: uuid(), task: shown.id, kind: shown.flagged ? "flag" : "unflag" });
  remark({ flagged: shown.flagged });
  press("flag", shown.flagged);
  say(shown.flagged ? "Flagged." : "Flag removed.");
}

/** What was said of the pair on the page shows in the history too, where it is being revised. */
function remark(change) {
  if (!revised) return;
  Object.assign(revised.entry, change);
  history.show();
}

const note = document.getElementById("note");
function openNote() {
  if (!shown) return;
  note.querySelector("textarea").value = shown.note ?? "";
  note.returnValue = "";
  note.showModal();
}
note.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) note.close("save");
});
note.addEventListener("close", () => {
  const text = note.querySelector("textarea").value.trim();
  if (note.returnValue !== "save" || !shown || !text || text === shown.note) return;
  shown.note = text;
  queue.add({ uuid: uuid(), task: shown.id, kind: "note", text });
  remark({ note: text });
  say("Note saved.");
});

const actions = {
  accept: () => judge("accept"),
  reject: () => judge("reject"),
  unsure: () => judge("unsure"),
  undo,
  zoom: () => (lens.flicker(), press("zoom", lens.flickers)),
  flag,
  note: openNote,
  class: () => (prefer("class", !preference("class", page.show_class)), showName()),
  help: () => document.getElementById("help").showModal(),
};
listen(actions);
offerKeys(Object.keys(actions));
showSaved(queue);
part("keep").addEventListener("click", () => { endRevision(); show(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (lens.flickers) lens.sideBySide(), press("zoom", false);
  else if (revised) endRevision(), show();
  else lens.reset();
});

queue.addEventListener("answer", ({ detail }) => progress.told(detail.progress, queue.waiting));
queue.addEventListener("state", ({ detail: { state } }) => { if (state === "saved") ahead.fill(); });
ahead.addEventListener("filled", ({ detail }) => { progress.told(detail.progress, queue.waiting); show(); });
ahead.addEventListener("unreachable", () => { if (!ahead.pairs.length) show(); });
setInterval(() => { if (ahead.pairs.length < ahead.keep) ahead.fill(); }, 5_000);

// What waited from before a reload is sent first; then the history and the next pairs know of it.
history.show();
const waiting = (await outbox.first(1_000)).filter((decision) => decision.kind === "verdict" && !decision.supersedes);
ahead.decide(waiting.map((decision) => decision.task));
await Promise.race([queue.replay(), new Promise((resolve) => setTimeout(resolve, 1_500))]);
await Promise.all([
  ahead.fill(),
  get("/api/history").then(({ decisions }) => history.replace([...history.entries, ...decisions]), () => {}),
]);
