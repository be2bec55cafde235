# Calls into the user's code and into models: an error comes back as a value, with the user's own lines.

guarded <- function(call, frame, code_dir) {
  # Evaluate a call; return list(value), or a description of the error.
  trace <- list(frames = character(), calls = character())
  tryCatch(
    withCallingHandlers(
      list(eval(call, frame)),
      error = function(e) {
        more <- min(getOption("expressions") + 5000L, 500000L)  # a recursion without end has used up what there was
        limit <- options(expressions = more)
        on.exit(options(limit))
        trace <<- traced(sys.calls(), sys.parents(), sys.function, code_dir)
      }
    ),
    error = function(e) described(e, trace),
    interrupt = function(e) described(simpleCondition("interrupted"), trace)
  )
}

described <- function(e, trace) {
  message <- conditionMessage(e)
  status <- if (inherits(e, "drum_http_error")) as.integer(e$status_code) else NA_integer_
  list(
    message = enc2utf8(paste(message, collapse = "\n")),
    status = status,
    is_of_input = inherits(e, "drum_input_error"),
    package = if (inherits(e, "packageNotFoundError")) as.character(e$package) else "",
    frames = enc2utf8(trace$frames),
    calls = enc2utf8(trace$calls)
  )
}

traced <- function(calls, parents, function_of, code_dir) {
  # Return the lines of the user's functions, innermost last, and the names of all functions that were called.
  shown <- utils::head(seq_along(calls), 200L)  # a recursion without end has thousands
  lines <- character()
  for (number in shown) {
    own <- attr(function_of(number), "srcref")
    if (is.null(own) || !is_below(file_of(own), code_dir)) next
    inner <- Filter(Negate(is.null), lapply(calls[parents == number], attr, "srcref"))
    at <- if (length(inner)) inner[[length(inner)]] else own
    lines <- c(lines, line_of(at, name_of(calls[[number]]), code_dir))
  }
  list(frames = once(lines, "\n    … %d times"), calls = once(of_the_user(vapply(calls[shown], name_of, "")), " (%d times)"))
}

of_the_user <- function(names) {
  # Leave out what drum calls before, which ends with the two frames of eval, and what R calls to tell of an error.
  ours <- which(names == "eval" & c(names[-1L], "") == "eval")
  names <- if (length(ours)) utils::tail(names, -(ours[[1L]] + 1L)) else names
  telling <- match(".handleSimpleError", names)
  if (is.na(telling)) names else utils::head(names, telling - 1L)
}

once <- function(texts, note) {
  # Say once what comes many times in a row.
  runs <- rle(texts)
  paste0(runs$values, ifelse(runs$lengths > 1L, sprintf(note, runs$lengths), ""))
}

file_of <- function(srcref) {
  source <- attr(srcref, "srcfile")
  name <- source$filename
  if (is.null(name) || !nzchar(name)) return("")
  if (!startsWith(name, "/")) name <- file.path(source$wd, name)
  normalizePath(name, mustWork = FALSE)
}

is_below <- function(file, folder) startsWith(file, paste0(folder, "/"))

line_of <- function(srcref, name, code_dir) {
  where <- substring(file_of(srcref), nchar(code_dir) + 2L)
  text <- tryCatch(trimws(as.character(srcref)[[1L]]), error = function(e) "")
  sprintf("  %s, line %d, in %s\n    %s", where, as.integer(srcref)[[1L]], name, text)
}

name_of <- function(call) {
  if (!is.call(call)) return("?")
  if (is.name(call[[1L]])) as.character(call[[1L]]) else substr(deparse(call[[1L]], nlines = 1L)[[1L]], 1L, 60L)
}
