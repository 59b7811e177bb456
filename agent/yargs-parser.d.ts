/** The build of yargs-parser that needs nothing of Node; it comes without types. */
declare module 'yargs-parser/browser' {
  interface Options {
    array?: readonly string[];
    boolean?: readonly string[];
    string?: readonly string[];
    configuration?: Readonly<Record<string, boolean>>;
  }
  export default function parse(args: readonly string[], options: Options): Record<string, unknown>;
}
