/** What front ends may ask this kernel for beyond the cells. The kernelspec that is installed says the same as `kernel_info_reply`. */

/** `debug_request`: breakpoints and steps. */
export const DEBUGGER: boolean = true;
