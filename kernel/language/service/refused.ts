/** Why there is no answer, said to whoever asked: nothing is wrong with the service. */
export class Refused extends Error {}
