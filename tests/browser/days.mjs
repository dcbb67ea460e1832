// Days as a school in China counts them, whatever day the test runs on.
const iso = (day) => day.toISOString().slice(0, 10);
const local = () => new Date(Date.now() + 8 * 3600e3);

/** Today at the school. */
export const today = () => iso(local());

/** The last `count` days on which there is school, oldest first; the roll follows them. */
export function schoolDays(count) {
  const day = local(), found = [];
  while (found.length < count) {
    if (![0, 6].includes(day.getUTCDay())) found.unshift(iso(day));
    day.setUTCDate(day.getUTCDate() - 1);
  }
  return found;
}

/** So many days from today. */
export const later = (days) => iso(new Date(local().getTime() + days * 86400e3));
