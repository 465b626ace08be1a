/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en");

export const count = (value) => (value === null || value === undefined ? "–" : whole.format(value));
export const decimal = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));

/** A share in percent. Never 100% for what is only nearly so. */
export function percent(value, digits = 1) {
  if (value === null || value === undefined) return "–";
  const text = (100 * value).toFixed(digits);
  if (Number(text) === 100 && value < 1) return `>${(100 - 10 ** -digits).toFixed(digits)}%`;
  return `${Number(text)}%`;
}
