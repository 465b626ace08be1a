/** A page of pairs that are accepted together: the exceptions are clicked. */
import { element, page, part, sign } from "./element.js";
import { listen } from "./keys.js";
import { openOutbox } from "./outbox.js";
import { prefer, preference } from "./preferences.js";
import { Ahead, prepared } from "./prefetch.js";
import { ProgressLine } from "./progress.js";
import { Queue, uuid } from "./queue.js";
import { offerKeys } from "./remap.js";
import { showSaved } from "./saved.js";

const NEXT = { accept: "reject", reject: "unsure", unsure: "accept" };
const WORDS = { accept: "Accept", reject: "Reject", unsure: "Unsure" };

/** As many columns and rows of pairs as the window shows at once: nobody accepts what was never on the screen. */
function shape() {
  const columns = Math.max(2, Math.floor(innerWidth / 250));
  const height = (innerWidth - 24) / columns / 2 + 40;
  return { columns, count: columns * Math.min(6, Math.max(2, Math.floor((innerHeight - 230) / height))) };
}

const { columns, count } = shape();
const outbox = await openOutbox(`${page.project} ${page.number}`);
const queue = new Queue(outbox);
const ahead = new Ahead({ lane: "grid", stratum: page.stratum, keep: 2 * count, batch: 2 * count });
const progress = new ProgressLine("grid");
const list = part("pairs");
list.style.setProperty("--columns", columns);
const save = document.querySelector('[data-action="save"]');
const undo = document.querySelector('[data-action="undo"]');

let shown = []; // [{pair, verdict, button}]
let last = []; // what the last page sent: [{pair, uuid}]
let since = performance.now();
let settling = false;

async function show() {
  if (shown.length || settling) return;
  settling = true;
  const pairs = ahead.pairs.slice(0, count);
  await Promise.all(pairs.map((pair) => pair.ready));
  settling = false;
  shown = pairs.map((pair) => ({ pair, verdict: pair.broken ? "unsure" : pair.verdict ?? "accept" }));
  list.replaceChildren(...shown.map((entry) => element("li", {}, tile(entry))));
  since = performance.now();
  part("empty").hidden = shown.length > 0;
  part("empty").replaceChildren(
    element("h2", {}, ahead.exhausted ? "No easy pairs now" : "Waiting for the server"),
    element("p", {}, ahead.exhausted ? "Pairs are easy once the order has learned from enough verdicts what people accept. Judge some more." : "The next page comes as soon as it answers."),
    element("a", { className: "button primary", href: "/" }, "To the project"),
  );
  tell();
}

function tile(entry) {
  const button = element("button", { type: "button" }, ...entry.pair.images);
  entry.button = button;
  entry.said = element("span", { className: "said" });
  button.append(entry.said);
  button.addEventListener("click", () => choose(entry, NEXT[entry.verdict]));
  choose(entry, entry.verdict);
  return button;
}

function choose(entry, verdict) {
  if (!entry || (entry.pair.broken && verdict !== "unsure")) return;
  entry.verdict = verdict;
  entry.button.className = verdict;
  const name = preference("class", page.show_class) ? entry.pair.name : null;
  entry.said.replaceChildren(sign(verdict), WORDS[verdict], name ? element("span", { className: "name" }, name) : "");
  tell();
}

function tell() {
  const of = (verdict) => shown.filter((entry) => entry.verdict === verdict).length;
  const parts = [`${of("accept")} accepted`];
  if (of("reject")) parts.push(`${of("reject")} rejected`);
  if (of("unsure")) parts.push(`${of("unsure")} unsure`);
  part("chosen").textContent = shown.length ? parts.join(", ") : "";
  save.disabled = !shown.length;
  undo.disabled = !last.length;
}

function submit() {
  if (!shown.length) return;
  const on = Boolean(preference("class", page.show_class));
  const seconds = Number(((performance.now() - since) / 1000 / shown.length).toFixed(3));
  last = shown.map(({ pair, verdict }) => ({ pair: { ...pair, verdict }, uuid: uuid(), verdict }));
  queue.add(
    ...last.map(({ pair, uuid, verdict }) => ({
      uuid, task: pair.id, kind: "verdict", verdict, class_shown: on && Boolean(pair.name), seconds: Math.min(seconds, 3600),
    })),
  );
  part("spoken").textContent = `${last.length} pairs saved.`;
  progress.judged(last.length);
  ahead.take(last.length);
  shown = [];
  show();
}

function takeBack() {
  if (!last.length) return;
  queue.add(...last.map((entry) => ({ uuid: uuid(), task: entry.pair.id, kind: "undo", supersedes: entry.uuid })));
  ahead.putBack(last.map(({ pair, verdict }) => ({ ...prepared(pair), verdict })));
  progress.judged(-last.length);
  part("spoken").textContent = "The page is taken back.";
  last = [];
  shown = [];
  show();
}

/** The pair under the pointer, or the one that has the focus. */
const pointed = () => shown.find(({ button }) => button.matches(":hover, :focus-visible"));
const actions = {
  accept: () => choose(pointed(), "accept"),
  reject: () => choose(pointed(), "reject"),
  save: submit,
  undo: takeBack,
  class: () => (prefer("class", !preference("class", page.show_class)), showNames()),
  help: () => document.getElementById("help").showModal(),
};

function showNames() {
  document.querySelector('[data-action="class"]').setAttribute("aria-pressed", String(preference("class", page.show_class)));
  for (const entry of shown) choose(entry, entry.verdict);
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
list.addEventListener("keydown", (event) => {
  const at = shown.findIndex(({ button }) => button === document.activeElement);
  if (at < 0 || !(event.key in STEPS)) return;
  event.preventDefault();
  shown[Math.min(shown.length - 1, Math.max(0, at + STEPS[event.key]))].button.focus();
});

listen(actions);
offerKeys(Object.keys(actions));
showSaved(queue);
showNames();
queue.addEventListener("answer", ({ detail }) => progress.told(detail.progress, queue.waiting));
queue.addEventListener("state", ({ detail: { state } }) => { if (state === "saved") ahead.fill(); });
ahead.addEventListener("filled", ({ detail }) => { progress.told(detail.progress, queue.waiting); show(); });
ahead.addEventListener("unreachable", show);

ahead.decide((await outbox.first(1_000)).map((decision) => decision.task));
queue.replay();
await ahead.fill();
