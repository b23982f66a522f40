/** What a clock and a calendar on the wall show. */
export interface LocalMoment {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** Day of the month, 1..31. */
  readonly day: number;
  /** ISO: 1 is Monday, 7 is Sunday. */
  readonly weekday: number;
  /** 0..23 */
  readonly hour: number;
  /** 0..59 */
  readonly minute: number;
  /** 0..59 */
  readonly second: number;
}

/** The household's time zone. */
export interface LocalTime {
  /** IANA name, for example `Europe/Berlin`. */
  readonly timeZone: string;
  /** What the wall shows at an instant, in milliseconds since the Unix epoch. Follows daylight saving. */
  at(wallMs: number): LocalMoment;
}
