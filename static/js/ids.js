// Ids as the server makes them: a letter, `_` and a UUIDv7 in lower-case base32hex.

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

export function newId(letter) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = BigInt(Date.now());
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = Number(time & 255n);
    time >>= 8n;
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  number <<= 2n;
  let text = "";
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((number >> shift) & 31n)];
  return `${letter}_${text}`;
}
