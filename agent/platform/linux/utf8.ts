/** The bytes of a text; QuickJS has no TextEncoder. A lone surrogate becomes U+FFFD, as there. */
export function encodeUtf8(text: string): ArrayBuffer {
  const bytes: number[] = [];
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) {
      bytes.push(point);
      continue;
    }
    const following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    const lead = [0, 0xc0, 0xe0, 0xf0][following] ?? 0;
    bytes.push(lead | (point >> (6 * following)));
    for (let shift = 6 * (following - 1); shift >= 0; shift -= 6)
      bytes.push(0x80 | ((point >> shift) & 0x3f));
  }
  return new Uint8Array(bytes).buffer;
}
