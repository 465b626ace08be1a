/** The strata: how much of each is judged, and what of it is accepted. */
import { element, sign } from "./element.js";
import { interval } from "./interval.js";
import { count, decimal, percent } from "./numbers.js";
import { ofWords, table, words } from "./table.js";

function range({ low, high }) {
  return low === null ? "any similarity" : `${decimal(low)} to ${decimal(high)}`;
}

function acceptance(stratum, wanted) {
  const { acceptance: value, acceptance_low: low, acceptance_high: high, sampled } = stratum;
  const cell = element("td", {});
  if (!sampled) return cell.append("–"), cell;
  cell.append(interval(value, low, high, wanted), element("span", { className: "number" }, percent(value)));
  cell.title = `${percent(low)} to ${percent(high)}, from ${count(sampled)} drawn by chance`;
  cell.append(element("span", { className: "hidden" }, `, ${cell.title}`));
  return cell;
}

/** How far the stratum is from what the certificate wants, taken by itself. */
function state({ bound, more, pairs, judged, sentence }, wanted) {
  if (judged === pairs) return words("all judged");
  if (bound !== null && bound >= wanted) return element("td", { className: "text good" }, sign("accept"), `at least ${percent(bound)}`);
  const cell = words(more ? `${count(more)} more without a fault` : "");
  cell.title = sentence ?? "";
  return cell;
}

function row(stratum, wanted) {
  const grid = element("a", { href: `/grid?stratum=${stratum.number}` }, "Grid");
  grid.setAttribute("aria-label", `Grid of ${stratum.name || "pairs"}, ${range(stratum)}`);
  return [
    range(stratum), count(stratum.pairs), count(stratum.judged), count(stratum.accepted), count(stratum.rejected),
    count(stratum.unsure), acceptance(stratum, wanted), state(stratum, wanted), grid,
  ];
}

export function showStrata({ strata, settings }) {
  if (!strata.length) return null;
  const rows = [];
  strata.forEach((stratum, index) => {
    if (stratum.name !== strata[index - 1]?.name && stratum.name) rows.push({ group: stratum.name });
    rows.push(row(stratum, settings.wanted));
  });
  const head = ["Similarity", "Pairs", "Judged", "Accepted", "Rejected", "Unsure", `Acceptance, ${percent(settings.confidence, 0)} interval`, ofWords(`To certify ${percent(settings.wanted)}`), element("span", { className: "hidden" }, "Grid")];
  return table(head, rows);
}
