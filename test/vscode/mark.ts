/** Start of a printed line that is a request to the page's driver, not output of a test. */
export const MARK = "@@gradbook-e2e ";
