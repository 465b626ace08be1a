/** Talking JSON with the server. */

/** The server answered that it will not: `status`, and sentences for people. */
export class Refusal extends Error {
  constructor(status, problem, todo = "") {
    super(problem);
    Object.assign(this, { status, todo });
  }

  /** Whether it is what was sent that is wrong, so that to send it again is no use. */
  get lasting() {
    return [400, 413, 422].includes(this.status);
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(20_000) });
  } catch {
    throw new Refusal(0, "The server does not answer.");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new Refusal(answer.status, said.error?.problem ?? `The server answered ${answer.status}.`, said.error?.todo);
}

export const get = (path) => ask(path, { headers: { Accept: "application/json" } });

export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body) });
