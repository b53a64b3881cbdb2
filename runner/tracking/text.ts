/** `text` without halves of surrogate pairs, which no UTF-8 file or JSON request can carry. */
export function wellFormed(text: string): string {
  // Most text has no surrogates at all, which is quick to see.
  return /[\uD800-\uDFFF]/.test(text) ? text.replace(/\p{Surrogate}/gu, "\uFFFD") : text;
}

/** `text` cut to at most `length` UTF-16 units, never in the middle of a character, an ellipsis marking the cut. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
