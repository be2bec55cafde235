# What a model predicts by itself: a matrix with a row for each row of the data.

predictions <- function(loaded, data, kind) {
  # kind: "classes" for a probability of each class, "values" for one value a row, "transform" for other features.
  guarded(quote(predicted(loaded$model, data, kind, loaded$expected)), environment(), loaded$code_dir)
}

predicted <- function(model, data, kind, expected) {
  data <- as_expected(as_plain(data, model), expected)
  withCallingHandlers(
    switch(kind,
      classes = with_names(of_all_rows(as_matrix(probabilities(model, data)), data, expected)),
      values = with_names(of_all_rows(as_matrix(values_of(model, data)), data, expected)),
      transform = transformed(model, data)
    ),
    error = function(e) {
      problem <- if (!inherits(e, "drum_input_error")) complaint(data, expected, conditionMessage(e))
      if (!is.null(problem)) input_error(problem)
    }
  )
}

of_all_rows <- function(result, data, expected) {
  # Some models leave out rows in which a value is missing, and say nothing.
  problem <- if (nrow(result) < nrow(data)) complaint_of_gaps(data, expected, "it predicts nothing for such rows.")
  if (is.null(problem)) result else input_error(problem)
}

as_plain <- function(data, model) {
  # Most models know no sparse matrices.
  if (is.data.frame(data)) data else as.data.frame(as.matrix(data), check.names = FALSE)
}

as_matrix <- function(result) {
  if (is.data.frame(result)) result <- as.matrix(result)
  size <- dim(result)
  if (length(size) == 3L && size[[3L]] == 1L) result <- array(result, size[1:2], dimnames(result)[1:2])
  if (is.factor(result) || is.character(result)) {
    stop("the model predicts names of classes where numbers are needed: it gives no probabilities", call. = FALSE)
  }
  if (!is.numeric(result) && !is.logical(result)) {
    stop("the model predicts an object of class '", class(result)[[1L]], "'", call. = FALSE)
  }
  if (length(dim(result)) != 2L) result <- matrix(as.vector(result), ncol = 1L, dimnames = names_of_positive(result))
  storage.mode(result) <- "double"
  result
}

with_names <- function(result) {
  names <- colnames(result)
  list(result, dim(result), if (!is.null(names)) enc2utf8(names))
}

of_positive <- function(p, classes) {
  # The probability of the second of two classes, with the names of both if they are known.
  if (length(classes) == 2L) structure(as.vector(p), classes = classes) else as.vector(p)
}

names_of_positive <- function(p) {
  # Both names travel in one, for the one column.
  classes <- attr(p, "classes")
  if (is.null(classes)) NULL else list(NULL, paste(classes, collapse = "\x1f"))
}

# ------------------------------------------------------------------------------------- probabilities

probabilities <- function(model, data) UseMethod("probabilities")

probabilities.default <- function(model, data) stats::predict(model, data, type = "prob")

probabilities.train <- function(model, data) {
  stats::predict(model, data, type = "prob", na.action = stats::na.pass)
}

probabilities.glm <- function(model, data) {
  if (!model$family$family %in% c("binomial", "quasibinomial")) {
    stop("a glm of family '", model$family$family, "' gives no probabilities", call. = FALSE)
  }
  of_positive(stats::predict(model, data, type = "response"), classes_of_response(model))
}

classes_of_response <- function(model) {
  response <- if (is.data.frame(model$model)) stats::model.response(model$model)
  if (is.factor(response)) levels(response)
  else if (is.logical(response)) c("FALSE", "TRUE")
  else if (is.numeric(response) && is.null(dim(response))) c("0", "1")
}

probabilities.glmnet <- function(model, data) of_glmnet(model, model, data, list(s = one_lambda(model)))

probabilities.cv.glmnet <- function(model, data) of_glmnet(model, model$glmnet.fit, data, list())

of_glmnet <- function(model, fit, data, arguments) {
  if (!inherits(fit, c("lognet", "multnet"))) stop("a glmnet of this family gives no probabilities", call. = FALSE)
  p <- glmnet_prediction(model, fit, data, arguments)
  if (inherits(fit, "lognet")) of_positive(p, fit$classnames) else p
}

glmnet_prediction <- function(model, fit, data, arguments) {
  do.call(stats::predict, c(list(model, newx = numbers(data, expectations(fit)$columns), type = "response"), arguments))
}

one_lambda <- function(model) {
  if (length(model$lambda) != 1L) {
    stop("the glmnet holds ", length(model$lambda), " values of lambda, and it is not clear which one is meant: ",
         "save the cv.glmnet, or fit with one", call. = FALSE)
  }
  model$lambda
}

numbers <- function(data, columns) {
  if (!is.data.frame(data)) return(data[, columns, drop = FALSE])
  data <- data[columns]
  texts <- names(Filter(function(x) !is.numeric(x) && !is.logical(x), data))
  if (length(texts)) input_error("The model takes numbers, but there is text in ", listed(texts), ".")
  data.matrix(data)
}

probabilities.gbm <- function(model, data) {
  p <- gbm_prediction(model, data)
  if (model$distribution$name == "multinomial") p
  else if (model$distribution$name %in% c("bernoulli", "adaboost")) of_positive(p, c("0", "1"))
  else stop("a gbm with distribution '", model$distribution$name, "' gives no probabilities", call. = FALSE)
}

gbm_prediction <- function(model, data) {
  # What predict itself takes for the number of trees, but without saying so each time.
  trees <- if (model$train.fraction < 1) suppressMessages(gbm::gbm.perf(model, method = "test", plot.it = FALSE))
           else if (!is.null(model$cv.error)) suppressMessages(gbm::gbm.perf(model, method = "cv", plot.it = FALSE))
           else length(model$train.error)
  stats::predict(model, data, n.trees = trees, type = "response")
}

probabilities.naiveBayes <- function(model, data) stats::predict(model, data, type = "raw")

probabilities.svm <- function(model, data) {
  p <- attr(stats::predict(model, data, probability = TRUE), "probabilities")
  if (is.null(p)) stop("the svm was trained without probability = TRUE", call. = FALSE)
  p
}

probabilities.multinom <- function(model, data) {
  p <- stats::predict(model, data, type = "probs")
  if (length(model$lev) == 2L) of_positive(p, model$lev)
  else if (is.null(dim(p))) matrix(p, nrow = 1L, dimnames = list(NULL, names(p)))
  else p
}

probabilities.nnet <- function(model, data) {
  p <- stats::predict(model, data, type = "raw")
  if (ncol(p) == 1L) of_positive(p, model$lev) else p
}

probabilities.lda <- function(model, data) stats::predict(model, data)$posterior

probabilities.qda <- probabilities.lda

probabilities.ranger <- function(model, data) {
  p <- stats::predict(model, data)$predictions
  if (is.null(dim(p)) && !is.null(model$forest$levels) && is.numeric(p)) {
    p <- matrix(p, nrow = 1L, dimnames = list(NULL, model$forest$levels))
  }
  p
}

# ------------------------------------------------------------------------------------- values

values_of <- function(model, data) UseMethod("values_of")

values_of.default <- function(model, data) stats::predict(model, data)

values_of.train <- function(model, data) stats::predict(model, data, na.action = stats::na.pass)

values_of.glm <- function(model, data) stats::predict(model, data, type = "response")

values_of.glmnet <- function(model, data) glmnet_prediction(model, model, data, list(s = one_lambda(model)))

values_of.cv.glmnet <- function(model, data) glmnet_prediction(model, model$glmnet.fit, data, list())

values_of.gbm <- function(model, data) gbm_prediction(model, data)

values_of.ranger <- function(model, data) stats::predict(model, data)$predictions

# ------------------------------------------------------------------------------------- features

transformed <- function(model, data) UseMethod("transformed")

transformed.default <- function(model, data) {
  stop("an object of class '", class(model)[[1L]], "' transforms nothing", call. = FALSE)
}

transformed.recipe <- function(model, data) as.data.frame(recipes::bake(model, new_data = data))

transformed.preProcess <- function(model, data) stats::predict(model, data)
