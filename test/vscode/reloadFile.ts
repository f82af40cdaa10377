/** File of the workspace in which the part before the reload leaves the process id of its kernel. */
export const LEFT_FILE = "reload.pid";
