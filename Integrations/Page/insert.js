// Puts what the module drew into the page. The module escapes all text; this is a second fence: an
// element or attribute that pictures and reports have no use for is left out, whatever it came from.
// The page's Content-Security-Policy is the third.

const elements = new Set(
  ("a br code dd details div dl dt em footer g h1 h2 h3 h4 header hr li line nav ol p polygon pre rect " +
    "section span strong summary svg table tbody td text th title tr ul").split(" "));

const attributes = new Set(
  ("class href open points role rx scope tabindex text-anchor viewBox height width x x1 x2 y y1 y2 " +
    "aria-label").split(" "));

// Names of places get this in front, so that none is the same as one of the page's own.
const prefix = "drawn-";

export function insert(place, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  clean(template.content);
  place.replaceChildren(template.content);
}

function clean(parent) {
  for (const node of [...parent.childNodes]) {
    if (node.nodeType === Node.TEXT_NODE) continue;
    if (node.nodeType !== Node.ELEMENT_NODE || !elements.has(node.localName)) {
      node.remove();
      continue;
    }
    for (const { name, value } of [...node.attributes]) {
      if (name === "id") {
        node.id = prefix + value;
      } else if (name === "href" && value.startsWith("#")) {
        // Links lead to places of the page alone.
        node.setAttribute("href", `#${prefix}${value.slice(1)}`);
      } else if (name === "href" || !(attributes.has(name) || name.startsWith("data-"))) {
        node.removeAttribute(name);
      }
    }
    clean(node);
  }
}
