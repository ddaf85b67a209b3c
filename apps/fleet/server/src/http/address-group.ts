/** Limits count a group of addresses as one address. */

/**
 * An IPv6 group is the /64, because whoever has one address of it has them all. An IPv4 address is the same one however it is
 * written.
 */
export function addressGroup(address: string): string {
  const [plain = ""] = address.split("%", 1);
  if (!plain.includes(":")) return plain;
  const parts = eightParts(plain);
  const isMapped = parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
  if (isMapped) return parts.slice(6).flatMap(bytesOf).join(".");
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

function eightParts(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const [first, last] = [partsOf(head), partsOf(tail ?? "")];
  const left = Math.max(0, 8 - first.length - last.length);
  return tail === undefined ? first : [...first, ...Array.from({ length: left }, () => 0), ...last];
}

/** The last part of an IPv6 address may be written as an IPv4 address. */
function partsOf(text: string): number[] {
  return text
    .split(":")
    .filter((part) => part !== "")
    .flatMap((part) => (part.includes(".") ? pairsOf(part) : [Number.parseInt(part, 16)]));
}

function pairsOf(ipv4: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}

function bytesOf(part: number): number[] {
  return [part >> 8, part & 0xff];
}
