/** Start of a printed line that is a request to the page's driver. */
export const MARK = "@@gradbook-e2e ";
/** Start of what the tests print; the rest is VS Code's own. */
export const TEST_OUTPUT = "@@gradbook-test ";
