/** What a person chose on this device. Browsers that forbid storage forget it with the page. */

const forgotten = new Map();

export function preference(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`sempairs.${name}`)) ?? otherwise;
  } catch {
    return forgotten.get(name) ?? otherwise;
  }
}

export function prefer(name, value) {
  forgotten.set(name, value);
  try {
    localStorage.setItem(`sempairs.${name}`, JSON.stringify(value));
  } catch { /* kept by the map until the page goes */ }
}
