# The user's custom.R: an environment of its own below the global one, in which its hooks are found and called.

open_folder <- function(code_dir) {
  # Return the environment for the user's code; what drum offers to hooks lies behind it.
  offered <- new.env(parent = globalenv())
  offered$model_http_error <- model_http_error
  user <- new.env(parent = offered)
  attr(user, "code_dir") <- code_dir
  user
}

model_http_error <- function(message, status_code = 400) {
  # Answer a request with a status of one's own, from 400 to 499.
  if (!is.numeric(status_code) || length(status_code) != 1L || !(status_code %in% 400:499))
    stop("status_code must be from 400 to 499, not ", format(status_code))
  stop(errorCondition(message, status_code = status_code, class = "drum_http_error"))
}

source_hooks <- function(user, file) {
  # Run custom.R in the user's environment; while that lasts, its folder is the working directory.
  code_dir <- attr(user, "code_dir")
  at <- NULL
  before <- setwd(code_dir)
  on.exit(setwd(before))
  run <- function() {
    lines <- readLines(file, encoding = "UTF-8", warn = FALSE)
    text <- srcfilecopy(basename(file), sub("^\ufeff", "", lines), file.mtime(file), isFile = TRUE)
    expressions <- parse(text = text$lines, srcfile = text, keep.source = TRUE, encoding = "UTF-8")
    for (number in seq_along(expressions)) {
      at <<- attr(expressions, "srcref")[[number]]
      eval(expressions[number], user)
    }
    at <<- NULL
  }
  answer <- guarded(quote(run()), environment(), code_dir)
  if (length(answer) > 1L && !is.null(at)) answer$frames <- c(line_of(at, "<top level>", code_dir), answer$frames)
  answer
}

own_functions <- function(user) Filter(function(name) is.function(user[[name]]), ls(user))

arguments_of <- function(user, hook) {
  # Return the names of a hook's arguments.
  taken <- names(formals(args(user[[hook]])))
  if (is.null(taken)) character() else taken
}

call_hook <- function(loaded, hook, values, names, keywords) {
  # Call a hook with arguments by position, the loaded model among them, and with those keywords that it takes.
  user <- loaded$user
  taken <- arguments_of(user, hook)
  if (!"..." %in% taken) keywords <- keywords[names(keywords) %in% taken]
  frame <- new.env(parent = user)
  for (place in seq_along(names)) assign(names[[place]], values[[place]], envir = frame)
  if ("model" %in% names) assign("model", loaded$model, envir = frame)
  for (name in names(keywords)) assign(name, keywords[[name]], envir = frame)
  words <- c(lapply(names, as.name), sapply(names(keywords), as.name, simplify = FALSE))
  guarded(as.call(c(as.name(hook), words)), frame, loaded$code_dir)
}
