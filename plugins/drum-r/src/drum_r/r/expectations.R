# What a model expects of its data: columns, their types, the levels of factors. Kept once the model is loaded.

PACKAGES <- c(
  train = "caret", preProcess = "caret", randomForest = "randomForest", glmnet = "glmnet", cv.glmnet = "glmnet",
  gbm = "gbm", rpart = "rpart", svm = "e1071", naiveBayes = "e1071", recipe = "recipes", gam = "mgcv", lda = "MASS",
  qda = "MASS", polr = "MASS", rlm = "MASS", nnet = "nnet", multinom = "nnet", ranger = "ranger", lme = "nlme",
  gls = "nlme", coxph = "survival", survreg = "survival"
)

needed_packages <- function(model) {
  # Return the packages whose methods the model needs.
  own <- if (is.list(model) && is.list(model$modelInfo)) model$modelInfo$library
  home <- attr(class(model), "package")
  wanted <- c(PACKAGES[intersect(class(model), names(PACKAGES))], own, if (!identical(home, ".GlobalEnv")) home)
  unique(as.character(unlist(wanted)))
}

missing_packages <- function(names) {
  # Load packages, and return the names of those that are not installed.
  is_there <- function(name) suppressPackageStartupMessages(requireNamespace(name, quietly = TRUE))
  names[!vapply(names, is_there, TRUE)]
}

package_version_of <- function(name) as.character(utils::packageVersion(name))

is_version_enough <- function(name, comparison, wanted) {
  match.fun(comparison)(utils::compareVersion(package_version_of(name), wanted), 0)
}

expectations <- function(model) UseMethod("expectations")

expected <- function(columns = NULL, levels = list(), ordered = character(), logical = character(),
                     numeric = character(), only = FALSE, hint = NULL) {
  # levels: by column; ordered, logical, numeric: the names of such columns; only: the model knows them by place;
  # hint: what to do about text in place of numbers.
  list(
    columns = columns, levels = Filter(is.character, levels), ordered = ordered, logical = logical, numeric = numeric,
    only = only, hint = hint
  )
}

expectations.default <- function(model) {
  terms <- if (is.list(model)) model$terms
  if (!inherits(terms, "terms")) return(expected())
  of_terms(terms, if (is.null(model$xlevels)) attr(model, "xlevels") else model$xlevels)
}

of_terms <- function(terms, levels) {
  terms <- stats::delete.response(terms)
  classes <- attr(terms, "dataClasses")
  named <- function(class) names(classes)[classes %in% class]
  variables <- all.vars(terms)
  constant <- vapply(variables, is_constant, TRUE, environment(terms))
  expected(
    columns = variables[!constant | variables %in% names(classes)],
    levels = levels[names(levels) %in% variables],
    ordered = named("ordered"), logical = named("logical"), numeric = named("numeric")
  )
}

is_constant <- function(name, where) {
  # Tell names that are no columns: pi, or a number that stood beside the formula.
  if (is.null(where)) where <- baseenv()
  exists(name, envir = where, mode = "numeric") && length(get(name, envir = where, mode = "numeric")) == 1L
}

expectations.rpart <- function(model) of_terms(model$terms, attr(model, "xlevels"))

expectations.randomForest <- function(model) {
  levels <- model$forest$xlevels
  if (inherits(model$terms, "terms")) of_terms(model$terms, levels) else expected(names(levels), levels)
}

expectations.gbm <- function(model) {
  levels <- stats::setNames(model$var.levels, model$var.names)
  numeric <- model$var.names[model$var.type == 0]
  expected(model$var.names, levels, numeric = numeric, only = is.null(model$Terms))
}

expectations.svm <- function(model) {
  if (inherits(model$terms, "terms")) of_terms(model$terms, model$xlevels) else expected(colnames(model$SV), only = TRUE)
}

expectations.naiveBayes <- function(model) {
  expected(names(model$tables), lapply(model$tables[!model$isnumeric], colnames))
}

expectations.train <- function(model) {
  if (inherits(model$terms, "terms")) return(of_terms(model$terms, model$xlevels))
  data <- model$trainingData
  data <- data[setdiff(names(data), c(".outcome", ".weights"))]
  expected(
    names(data), lapply(data, levels), names(Filter(is.ordered, data)), names(Filter(is.logical, data)),
    names(Filter(is.numeric, data))
  )
}

expectations.ranger <- function(model) {
  variables <- model$forest$independent.variable.names
  levels <- as.list(model$forest$covariate.levels)
  expected(
    variables, levels, numeric = setdiff(variables, names(Filter(is.character, levels))),
    hint = if (!length(levels)) " It keeps no levels of factors: train it with respect.unordered.factors = \"order\"."
  )
}

expectations.glmnet <- function(model) {
  beta <- if (is.list(model$beta)) model$beta[[1L]] else model$beta
  expected(rownames(beta), numeric = rownames(beta))
}

expectations.cv.glmnet <- function(model) expectations(model$glmnet.fit)

expectations.recipe <- function(model) {
  roles <- model$var_info
  expected(unique(roles$variable[roles$role %in% "predictor"]), lapply(model$orig_lvls, function(of) {
    if (is.character(of$values)) of$values
  }))
}

# ------------------------------------------------------------------------------------- data, as expected

input_error <- function(...) stop(errorCondition(paste0(...), class = "drum_input_error"))

as_expected <- function(data, expected) {
  # Return the data with the columns and types that the model was trained on, as far as they can be told.
  data <- renamed(data, expected$columns)
  if (expected$only) data <- data[expected$columns]
  for (name in intersect(names(expected$levels), names(data))) {
    data[[name]] <- as_levels(data[[name]], expected$levels[[name]], name %in% expected$ordered)
  }
  for (name in intersect(expected$logical, names(data))) data[[name]] <- as_logical(data[[name]])
  texts <- character()
  for (name in intersect(expected$numeric, names(data))) {
    x <- data[[name]]
    if (is.logical(x)) data[[name]] <- as.numeric(x)
    else if (is.character(x) || is.factor(x)) texts <- c(texts, name)  # some models would number it, and go on
  }
  if (length(texts)) input_error("The model takes numbers, but there is text in ", listed(texts), ".", expected$hint)
  data
}

renamed <- function(data, columns) {
  # read.csv makes names of what stands in the header: a model that was trained so finds its columns under those.
  absent <- setdiff(columns, names(data))
  if (length(absent)) {
    made <- make.names(names(data), unique = TRUE)
    found <- match(absent, made)
    names(data)[found[!is.na(found)]] <- absent[!is.na(found)]
    absent <- absent[is.na(found)]
  }
  if (length(absent)) {
    input_error(
      "The input lacks ", listed(absent), " of the ", length(columns), " that the model takes. It has ",
      listed(names(data)), "."
    )
  }
  data
}

listed <- function(names) {
  shown <- paste0("'", utils::head(names, 10L), "'", collapse = ", ")
  more <- if (length(names) > 10L) sprintf(" and %d more", length(names) - 10L) else ""
  paste0("column", if (length(names) > 1L) "s", " ", shown, more)
}

as_levels <- function(x, levels, ordered) {
  # Return a factor with the levels of the training; what is new comes behind them, for the model to refuse.
  if (is.factor(x) && identical(levels(x), levels)) return(x)
  text <- if (is.numeric(x)) spelt(x) else if (is.logical(x)) spelt_as(x, levels) else as.character(x)
  if ("" %in% levels) text[is.na(text)] <- ""  # read.csv takes an empty field of text for a value
  factor(text, levels = c(levels, setdiff(unique(text[!is.na(text)]), levels)), ordered = ordered)
}

spelt <- function(x) {
  # Spell numbers as they stood in the file: 12, not 12.0 or 1.2e+01.
  known <- unique(x[!is.na(x)])
  text <- vapply(known, format, "", digits = 15L, scientific = FALSE, drop0trailing = TRUE)
  text[match(x, known)]
}

spelt_as <- function(x, levels) {
  # Spell truth values as the levels do: R takes True, as Python writes it, for text.
  levels[match(as.character(x), toupper(levels))]
}

as_logical <- function(x) {
  # read.csv takes T and F for truth values as well.
  if (is.logical(x)) return(x)
  values <- as.logical(if (is.factor(x)) as.character(x) else x)
  if (anyNA(values[!is.na(x)])) x else values
}

complaint <- function(data, expected, said) {
  # Say what is wrong with the data for a model that has failed, and said so; NULL if nothing is.
  is_new <- function(name) {
    x <- data[[name]]
    any(!is.na(x) & !(as.character(x) %in% expected$levels[[name]]))
  }
  unknown <- Filter(is_new, intersect(names(expected$levels), names(data)))
  if (length(unknown)) {
    return(paste0("There are categories that the model was not trained on in ", listed(unknown), "."))
  }
  if (grepl("missing|\\bNAs?\\b|NaN", said)) complaint_of_gaps(data, expected, said)
}

complaint_of_gaps <- function(data, expected, said) {
  # Say where values are missing; NULL if none are.
  columns <- if (is.null(expected$columns)) names(data) else intersect(expected$columns, names(data))
  gaps <- Filter(function(name) anyNA(data[[name]]), columns)
  if (!length(gaps)) return(NULL)
  row <- which(!stats::complete.cases(data[gaps]))[[1L]] - 1L
  paste0(
    "The model takes no missing values, but there are some in ", listed(gaps), ", first in row ", row,
    " (the first row is 0): ", said
  )
}
