/** What of an ELF header says where an executable runs. */
export interface Elf {
  /** e_machine: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  /** It names a program interpreter: the kernel would look for a dynamic linker, which `scratch` has not. */
  readonly dynamic: boolean;
}

const EXECUTABLE = new Set([2 /* ET_EXEC */, 3 /* ET_DYN: position independent */]);
const PT_INTERP = 3;

/**
 * Reads the header of a 64-bit little-endian ELF executable (elf(5)). Throws a TypeError for anything else.
 *
 * @example readElf(await readFile('/bin/true')) // { machine: 62, dynamic: true }
 */
export function readElf(bytes: Uint8Array): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64 || view.getUint32(0) !== 0x7f454c46) throw new TypeError('not an ELF file');
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new TypeError('not a 64-bit little-endian ELF file');
  if (!EXECUTABLE.has(view.getUint16(16, true))) throw new TypeError('not an ELF executable');
  return { machine: view.getUint16(18, true), dynamic: segmentTypes(view).includes(PT_INTERP) };
}

function segmentTypes(view: DataView): number[] {
  const offset = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (offset + size * count > view.byteLength) throw new TypeError('the ELF file is cut short');
  return Array.from({ length: count }, (_, index) => view.getUint32(offset + index * size, true));
}
