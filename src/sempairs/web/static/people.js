/** Who judges, how they do, and the links that let others in. */
import { element, part, sign } from "./element.js";
import { count, decimal, percent } from "./numbers.js";
import { post } from "./server.js";
import { ofWords, table, words } from "./table.js";

/** "1 of 21": hidden questions answered wrongly. */
const of = (wrong, asked) => (asked ? `${count(wrong)} of ${count(asked)}` : "–");

export function showPeople({ people, may_invite: mayInvite }) {
  const rows = people.map((person) => [
    [person.name, person.simulated ? element("span", { className: "soft" }, " simulated") : ""],
    words(person.pseudonym), count(person.judged), decimal(person.seconds, 1),
    of(person.missed_faults, person.gold_reject), of(person.false_alarms, person.gold_accept), percent(person.consistency),
  ]);
  part("invite").hidden = !mayInvite;
  return table(["Name", ofWords("Published as"), "Judged", "Seconds each", "Faults missed", "False alarms", "Same on a second look"], rows);
}

part("invite").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const place = part("link");
  try {
    const { link } = await post("/api/people", { name: form.elements.name.value.trim() });
    const copy = element("button", { type: "button" }, sign("copy"), "Copy");
    copy.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(link);
      copy.lastChild.textContent = "Copied";
    });
    place.replaceChildren(
      element("span", {}, `This link lets ${form.elements.name.value.trim()} in, once. Send it to nobody else.`),
      element("code", {}, link),
      ...(navigator.clipboard ? [copy] : []),
    );
    form.reset();
  } catch (refusal) {
    place.replaceChildren(element("span", {}, `${refusal.message} ${refusal.todo ?? ""}`));
  }
});
