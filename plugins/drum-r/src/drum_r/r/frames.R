# Frames on their way into R and back: what Python gives are plain vectors and their attributes.

as_frame <- function(columns, names, rows) {
  # Names stay as they are: no make.names.
  structure(columns, names = names, row.names = .set_row_names(rows), class = "data.frame")
}

as_small_frame <- function(groups, places, names, rows) {
  # Several columns come in one vector, one after the other: for few rows, a vector costs more than what is in it.
  columns <- vector("list", length(names))
  each <- seq_len(rows)
  for (group in seq_along(groups)) {
    values <- groups[[group]]
    for (column in places[[group]]) {
      columns[[column]] <- values[each]
      each <- each + rows
    }
    each <- seq_len(rows)
  }
  as_frame(columns, names, rows)
}

as_text <- function(codes, levels) levels[codes]

as_factor <- function(codes, levels, ordered) {
  structure(codes, levels = levels, class = if (ordered) c("ordered", "factor") else "factor")
}

only_column <- function(frame) frame[[1L]]

as_vector <- function(values) {
  # Return a vector of values that are of one kind each, else the list of them.
  is_single <- vapply(values, function(value) is.atomic(value) && length(value) == 1L, TRUE)
  kinds <- unique(vapply(values, mode, ""))
  if (length(values) && all(is_single) && length(kinds) == 1L) unlist(values) else values
}

as_date <- function(days) structure(days, class = "Date")

as_time <- function(seconds, zone) structure(seconds, class = c("POSIXct", "POSIXt"), tzone = zone)

as_sparse <- function(rows, starts, values, size, names) {
  methods::new(
    getClass("dgCMatrix", where = asNamespace("Matrix")),
    i = rows, p = starts, x = values, Dim = size, Dimnames = list(NULL, names)
  )
}

taken_apart <- function(x) {
  # Take a data.frame or a sparse matrix apart: its kind, the names of its columns, its rows, and its columns.
  kind <- kind_of(x)
  if (kind == "frame") list(kind, enc2utf8(names(x)), nrow(x), lapply(as.list(x), column_of))
  else if (kind == "sparse") sparse_parts(x)
  else list(kind, NULL, 0L, NULL)
}

column_of <- function(x) {
  if (is.factor(x)) return(list("factor", as.integer(x), levels(x), is.ordered(x)))
  if (inherits(x, "Date")) return(list("date", as.numeric(x)))
  if (inherits(x, "POSIXt")) {
    x <- as.POSIXct(x)
    zone <- attr(x, "tzone")
    return(list("time", as.numeric(x), if (is.null(zone)) "" else zone[[1L]]))
  }
  if (!is.null(dim(x)) && !(length(dim(x)) == 2L && ncol(x) == 1L)) return(list("other", class(x)[[1L]]))
  if (is.character(x)) {
    known <- unique(x)
    return(list("text", match(x, known), enc2utf8(known)))
  }
  if (is.logical(x)) return(list("logical", as.vector(x)))
  if (is.integer(x) && !is.object(x)) return(list("integer", as.vector(x)))
  if (is.numeric(x)) return(list("number", as.vector(as.double(x))))
  list("other", class(x)[[1L]])
}

kind_of <- function(x) {
  # Tell what an answer is, as Python has to know it.
  if (is.null(x)) "null"
  else if (is.data.frame(x)) "frame"
  else if (methods::is(x, "sparseMatrix")) "sparse"
  else if (is.character(x) && length(x) == 1L) "text"
  else if (is.raw(x)) "raw"
  else if (is.list(x)) "list"
  else class(x)[[1L]]
}

sparse_parts <- function(x) {
  x <- methods::as(methods::as(methods::as(x, "dMatrix"), "generalMatrix"), "CsparseMatrix")
  names <- colnames(x)
  if (is.null(names)) names <- paste0("V", seq_len(ncol(x)))
  list("sparse", enc2utf8(names), nrow(x), list(x@i, x@p, x@x, x@Dim))
}
