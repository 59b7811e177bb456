import { Composer, type Document, type ErrorCode, Parser, type YAMLError } from 'yaml';
import { kubernetesLexer } from './lexer.ts';
import { kubernetesYaml } from './scalars.ts';
import type { Finding } from './text.ts';

/**
 * Bounds of the parser, for files that are made to exhaust it. 1 MiB of `[` overflows its stack, and a million tiny tokens need
 * more than a gigabyte. 300,000 tokens are six times what a Task of 128 steps with ten variables each takes; a script is one
 * token, however long. The bounds keep every 1 MiB file that was tried within two seconds and a heap of 256 MiB.
 */
const MAX_TOKENS = 300_000;
const MAX_DEPTH = 100;
const MAX_DOCUMENTS = 1_000;

export interface Parsed {
  documents: Document.Parsed[];
  findings: Finding[];
}

/** Parses a YAML stream as far as it can be; throws nothing. */
export function parseYaml(text: string): Parsed {
  const limit = Error.stackTraceLimit;
  // The parser makes an Error for every syntax error of a file. Without stacks a thousand of them cost nothing worth
  // mentioning; with stacks, megabytes of ]]]] would cost seconds. Nothing is awaited before the limit is put back.
  Error.stackTraceLimit = 0;
  try {
    return run(text);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function run(text: string): Parsed {
  const parser = new Parser();
  const composer = new Composer({ schema: kubernetesYaml, version: '1.1', uniqueKeys: false });
  const documents: Document.Parsed[] = [];
  const give = (message: string): Parsed => ({
    documents: [],
    findings: [{ offset: parser.offset, message }],
  });

  let tokens = 0;
  for (const lexeme of kubernetesLexer().lex(text)) {
    if (++tokens > MAX_TOKENS) return give(TOO_MANY_TOKENS);
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (parser.stack.length > MAX_DEPTH) return give(TOO_DEEP);
    if (documents.length > MAX_DOCUMENTS) return give(TOO_MANY_DOCUMENTS);
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end());

  const { errors, warnings } = composer.streamInfo();
  const all = [
    ...documents.flatMap((document) => [...document.errors, ...document.warnings]),
    ...errors,
    ...warnings,
  ].filter((error) => !isAboutBrackets(error));
  return { documents, findings: all.map((error) => ({ offset: error.pos[0], message: explain(error) })) };
}

/** A warning of the parser's: a bracket that ends at the column of its field. No reader of Kubernetes minds. */
function isAboutBrackets({ name, code }: YAMLError): boolean {
  return name === 'YAMLWarning' && code === 'BAD_INDENT';
}

const TOO_MANY_TOKENS = `this YAML has more than ${MAX_TOKENS.toLocaleString('en')} words and signs; split the file`;
const TOO_DEEP = `maps and lists are nested more than ${MAX_DEPTH} deep; a Task needs no more than a dozen levels`;
const TOO_MANY_DOCUMENTS = `more than ${MAX_DOCUMENTS.toLocaleString('en')} documents; split the file`;

// The parser's own words say more where the table has none, and those quote nothing of the file.
function explain({ code, message }: YAMLError): string {
  return EXPLANATIONS[code] ?? `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

const EXPLANATIONS: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag; remove it',
  BAD_ALIAS:
    'an anchor (&name) or alias (*name) has a name that YAML does not allow; quote the text if none is meant',
  BAD_COLLECTION_TYPE:
    'this YAML tag does not fit what it stands before; remove the word that begins with "!"',
  BAD_DIRECTIVE: 'a line that begins with "%" is a YAML directive, and this one is not known; remove it',
  BAD_DQ_ESCAPE:
    'this is no escape of a text in double quotes; write a backslash as \\\\, or use single quotes',
  BAD_SCALAR_START: 'text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a field cannot begin here; put it on a line of its own, or quote the text if it has ": " in it',
  BLOCK_IN_FLOW: 'a list or map of lines cannot be inside [ ] or { }; write one or the other',
  KEY_OVER_1024_CHARS: 'the name of a field is longer than 1,024 characters',
  MULTILINE_IMPLICIT_KEY:
    'the name of a field cannot go over several lines; is a ":" or an indentation missing?',
  MULTIPLE_ANCHORS: 'a value can have one anchor (&name) only',
  MULTIPLE_TAGS: 'a value can have one tag (!name) only',
  TAB_AS_INDENT: 'YAML does not allow a tab here; indent with spaces',
  TAG_RESOLVE_FAILED:
    'Kubernetes does not know this YAML tag, or the value does not fit it; remove the word that begins with "!"',
  UNEXPECTED_TOKEN: 'this does not belong here; is a quote, bracket or line break missing before it?',
};
