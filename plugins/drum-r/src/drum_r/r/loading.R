# A model on its way into R.

new_model <- function(user) {
  loaded <- new.env(parent = emptyenv())
  loaded$user <- user
  loaded$code_dir <- attr(user, "code_dir")
  loaded$model <- NULL
  loaded
}

load_rds <- function(loaded, file) {
  guarded(quote({
    loaded$model <- readRDS(file)
    class(loaded$model)
  }), environment(), loaded$code_dir)
}

set_model <- function(loaded, model) {
  loaded$model <- model
  class(model)
}

set_expectations <- function(loaded) {
  loaded$expected <- tryCatch(expectations(loaded$model), error = function(e) expected())
  invisible(NULL)
}

model_of <- function(loaded) loaded$model
