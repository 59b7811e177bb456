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

/** The text that the bytes are, or `undefined` when they are no UTF-8; QuickJS has no TextDecoder. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at++] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const following = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    let point = lead & (0x3f >> following);
    for (let left = following; left > 0; left--) {
      const byte = bytes[at++] ?? 0;
      if ((byte & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (byte & 0x3f);
    }
    // Neither overlong, nor a surrogate, nor beyond Unicode; 0x80 to 0xc1 and 0xf8 on are never a first byte.
    const lowest = [0, 0x80, 0x800, 0x10000][following] ?? 0;
    const valid = point >= lowest && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    if (!valid || lead < 0xc2 || lead > 0xf4) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}
