const INT32 = 2 ** 31;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  uuid: (text) => /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text),
  duration: (text) => /^[+-]?(?:\d+(?:\.\d+)?\s*(?:ns|us|µs|ms|s|m|h|d|w))+$/.test(text) || text === '0',
};

/** The format's name when a text has not got it; formats that are not known are no rule, as for the real server. */
export function formatProblem(text: string, format: string): string | undefined {
  const has = FORMATS[format];
  return has === undefined || has(text) ? undefined : format;
}

/** Whether an integer has its format. */
export function fitsInteger(value: number, format: string | undefined): boolean {
  return format !== 'int32' || (value >= -INT32 && value < INT32);
}
