/** Polynomial of CRC-16/BUYPASS (IBM): x^16 + x^15 + x^2 + 1, most significant bit first, starting at 0. */
const POLYNOMIAL = 0x8005;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 8;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 0x8000 ? (remainder << 1) ^ POLYNOMIAL : remainder << 1;
  return remainder & 0xffff;
});

/** The CRC of `bytes[from]` up to `bytes[to - 1]`. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let index = from; index < to; index++) {
    crc = ((crc << 8) ^ (TABLE[((crc >> 8) ^ (bytes[index] ?? 0)) & 0xff] ?? 0)) & 0xffff;
  }
  return crc;
}
