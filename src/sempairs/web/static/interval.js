/** A share with its interval, as a small bar from 0 to 1. The number stands beside it, so the drawing is not read out. */
import { drawn } from "./element.js";

const [WIDTH, HEIGHT, EDGE] = [136, 18, 5];

export function interval(value, low, high, goal = null) {
  const at = (share) => EDGE + (WIDTH - 2 * EDGE) * share;
  const middle = HEIGHT / 2;
  const parts = [drawn("line", { class: "ground-line", x1: at(0), x2: at(1), y1: middle, y2: middle })];
  if (goal !== null) parts.push(drawn("line", { class: "goal", x1: at(goal), x2: at(goal), y1: 0, y2: HEIGHT }));
  if (value !== null && value !== undefined) {
    parts.push(drawn("line", { class: "reach", x1: at(low ?? value), x2: at(high ?? value), y1: middle, y2: middle }));
    parts.push(drawn("circle", { class: "point", cx: at(value), cy: middle, r: 4.5 }));
  }
  return drawn("svg", { class: "interval", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, ...parts);
}
