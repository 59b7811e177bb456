/** What a step leaves for others: what agents and pods agree on. */

/** Where a step's results are, in its run directory. */
export const RESULTS_DIRECTORY = 'results';

/** What a result can be called: it is a file, a word in a reference, and a name in a status. */
export const RESULT_NAME = /^[A-Za-z0-9_][-A-Za-z0-9_.]{0,62}$/;

/** The most bytes of one result, its final newline not counted. */
export const MAX_RESULT_BYTES = 1024 * 1024;

/** The most results of one step. */
export const MAX_RESULTS = 256;
