// Instants as microseconds since 1970 (BigInt: a double holds them only until 2255).

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

export const SECOND = 1_000_000n;

/** Return the microseconds of an RFC 3339 time, null for a time that does not exist. */
export function microseconds(written) {
  const found = RFC3339.exec(written);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [fraction, sign, hours, minutes] = found.slice(7);
  if (hour > 23 || minute > 59 || second > 59 || Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59) return null;
  const moment = calendar(year, month, day, hour, minute, second);
  if (moment === null) return null;
  const offset = 60 * (60 * Number(hours ?? 0) + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
  return (BigInt(moment) - BigInt(offset)) * SECOND + BigInt((fraction ?? "").padEnd(6, "0").slice(0, 6));
}

/** Return the seconds since 1970 of a time in UTC, null for a day that no calendar has. */
export function calendar(year, month, day, hour, minute, second) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  return year >= 1 && same ? date.getTime() / 1000 : null;
}

/** Write an instant as leaves do. */
export function instant(moment) {
  const fraction = ((moment % SECOND) + SECOND) % SECOND;
  const seconds = Number((moment - fraction) / SECOND);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(fraction).padStart(6, "0")}Z`;
}
