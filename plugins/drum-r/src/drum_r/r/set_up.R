# What R must be like before anything is loaded.

set_up <- function() {
  options(
    warn = 1L,                        # warnings are printed when they occur: there is no top level to wait for
    keep.source = TRUE,               # errors can tell the line
    error = quote(invisible(NULL)),   # without it, an error that nobody catches ends the process
    device = function(...) grDevices::pdf(NULL),  # no Rplots.pdf in whichever folder this is
    browser = "", menu.graphics = FALSE
  )
  Sys.setenv(LANGUAGE = "en")
  if (!l10n_info()[["UTF-8"]]) Sys.setlocale("LC_CTYPE", "C.UTF-8")
  leave <- function(save = "default", status = 0, runLast = TRUE) {
    stop("the code called q(), which would end the process", call. = FALSE)
  }
  for (name in c("q", "quit")) replace_in_base(name, leave)
  requireNamespace("methods", quietly = TRUE)
  invisible(NULL)
}

replace_in_base <- function(name, value) {
  base <- baseenv()
  unlockBinding(name, base)
  assign(name, value, envir = base)
  lockBinding(name, base)
}

share_cores <- function(threads) {
  # Leave the other workers their cores, unless somebody has said how many to use.
  for (name in c("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "R_RANGER_NUM_THREADS"))
    if (!nzchar(Sys.getenv(name))) do.call(Sys.setenv, stats::setNames(list(threads), name))
  if (is.null(getOption("mc.cores"))) options(mc.cores = threads)
  invisible(NULL)
}

named <- function(values, names) stats::setNames(values, names)

r_version <- function() as.character(getRversion())
