import { Lexer } from 'yaml';

/** What is needed of the package's lexer and not in its types; `package.json` therefore names one version of it. */
interface Insides {
  /** The least indentation of a line that goes on with what is being read. */
  indentNext: number;
  parseQuotedScalar(): Generator<string, unknown>;
  parseFlowCollection(): Generator<string, unknown>;
}

/**
 * A lexer to which indentation means nothing inside of quotes and brackets, as to the reader of Kubernetes (libyaml): YAML
 * itself wants every line there further to the right than the field, and many files have the end at the field's column.
 */
export function kubernetesLexer(): Lexer {
  const lexer = new Lexer();
  const insides = lexer as unknown as Insides;
  for (const name of ['parseQuotedScalar', 'parseFlowCollection'] as const) {
    const parse = insides[name].bind(lexer);
    insides[name] = function* anywhere() {
      const { indentNext } = insides;
      insides.indentNext = 0;
      const next = yield* parse();
      insides.indentNext = indentNext;
      return next;
    };
  }
  return lexer;
}
