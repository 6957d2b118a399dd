// Small things that all doors use.

export function element(id) {
  return document.getElementById(id);
}

// Puts text, never markup, into an element.
export function write(place, text, style = "") {
  place.textContent = text;
  place.className = style;
}

// Hands the user a file.
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
