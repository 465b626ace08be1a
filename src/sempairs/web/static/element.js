/** Building what the page shows. Text becomes text nodes alone, so that a hostile class name stays a name. */

/** An element with these properties (attributes for `aria-*`, `data-*` and SVG) and children (nodes or text). */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** An SVG element: all its properties are attributes. */
export function drawn(tag, properties = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** One of the signs that icons.html draws. */
export const sign = (name) => drawn("svg", { class: "sign", "aria-hidden": "true" }, drawn("use", { href: `#sign-${name}` }));

/** The one element with this `data-` attribute. */
export const part = (name, within = document) => within.querySelector(`[data-${name}]`);

/** What the server told this page. */
export const page = JSON.parse(document.getElementById("page-data")?.textContent ?? "{}");
