# Train a model of each kind from train.csv, and predict rows.csv as a script of R would: Rscript train.R FOLDER
#
# For each model: FOLDER/NAME/model.rds, and FOLDER/NAME/expected-rows.csv with all digits; of some also for many.csv
# and gaps.csv.

suppressPackageStartupMessages({
  library(caret); library(randomForest); library(glmnet); library(gbm); library(rpart); library(e1071)
  library(recipes); library(mgcv)
})
setwd(commandArgs(trailingOnly = TRUE)[[1]])
options(warn = 2)
set.seed(1)

train <- read.csv("train.csv", stringsAsFactors = TRUE)
rows <- read.csv("rows.csv", stringsAsFactors = TRUE)
many <- read.csv("many.csv", stringsAsFactors = TRUE)
gaps <- read.csv("gaps.csv", stringsAsFactors = TRUE, na.strings = c("NA", ""))
train$day <- as.character(train$day)
rows$day <- as.character(rows$day)
many$day <- as.character(many$day)
gaps$day <- as.character(gaps$day)
train$class <- factor(train$class)
train$kind <- factor(train$kind)
of_many <- c("lm", "rpart-regression", "glm", "rf", "gbm-multi", "glmnet-multi", "caret-rf-multi")
of_gaps <- c(
  "lm", "gam", "rpart-regression", "rf-regression", "gbm-regression", "glm", "rpart", "rf", "gbm", "rpart-multi", "rf-multi",
  "gbm-multi", "naiveBayes"
)
numeric <- c("x", "age..years.", "count")

digits <- function(frame) {
  values <- lapply(as.data.frame(frame, check.names = FALSE), function(x) {
    if (is.numeric(x)) ifelse(is.na(x), "", sprintf("%.17g", x)) else as.character(x)
  })
  as.data.frame(values, check.names = FALSE)
}

save_case <- function(name, model, predicted) {
  dir.create(name)
  saveRDS(model, file.path(name, "model.rds"))
  for (of in c("rows", if (name %in% of_many) "many", if (name %in% of_gaps) "gaps")) {
    data <- get(of)
    write.csv(digits(predicted(model, data)), file.path(name, paste0("expected-", of, ".csv")), row.names = FALSE)
  }
}

value <- function(...) function(model, data) data.frame(Predictions = as.vector(predict(model, data, ...)))
binary <- function(...) function(model, data) {
  p <- as.vector(predict(model, data, ...))
  data.frame(no = 1 - p, yes = p)
}
probabilities <- function(...) function(model, data) as.data.frame(unclass(predict(model, data, ...)))

formula <- y ~ x + age..years. + city + flag + as.Date(day) + count + größe
classes <- update(formula, class ~ .)
kinds <- update(formula, kind ~ .)

# regression
save_case("lm", lm(formula, train), value())
save_case("glm-poisson", glm(count ~ x + city, poisson, train), value(type = "response"))
save_case("rpart-regression", rpart(formula, train), value())
save_case("rf-regression", randomForest(y ~ x + age..years. + city + flag, train, ntree = 20), value())
save_case("gam", gam(y ~ s(x) + city, data = train), value())
gbm_values <- function(model, data) data.frame(Predictions = predict(model, data, n.trees = 30))
save_case("gbm-regression",
  gbm(y ~ x + age..years. + city + count, "gaussian", train, n.trees = 30, keep.data = FALSE), gbm_values)
lasso <- cv.glmnet(as.matrix(train[numeric]), train$y, nfolds = 3)
save_case("glmnet-regression", lasso,
  function(model, data) data.frame(Predictions = as.vector(predict(model, as.matrix(data[numeric])))))
save_case("caret-lm", caret::train(y ~ x + city, train, method = "lm", trControl = trainControl("none")), value())

# binary
save_case("glm", glm(classes, binomial, train), binary(type = "response"))
save_case("rpart", rpart(classes, train), probabilities(type = "prob"))
save_case("rf", randomForest(class ~ x + age..years. + city, train, ntree = 20), probabilities(type = "prob"))
train$one <- as.integer(train$class == "yes")
save_case("gbm", gbm(one ~ x + age..years. + city, "bernoulli", train, n.trees = 30),
  binary(n.trees = 30, type = "response"))
save_case("glmnet", cv.glmnet(as.matrix(train[numeric]), train$class, family = "binomial", nfolds = 3),
  function(model, data) {
    p <- as.vector(predict(model, as.matrix(data[numeric]), type = "response"))
    data.frame(no = 1 - p, yes = p)
  })
once <- trainControl("none", classProbs = TRUE)
save_case("caret-glm", caret::train(class ~ x + city + flag, train, method = "glm", trControl = once),
  probabilities(type = "prob"))
save_case("svm", svm(class ~ x + count, train, probability = TRUE), function(model, data) {
  as.data.frame(attr(predict(model, data, probability = TRUE), "probabilities"))
})

# multiclass: the names of the classes are none of R's
save_case("rpart-multi", rpart(kinds, train), probabilities(type = "prob"))
save_case("rf-multi", randomForest(kind ~ x + age..years. + city, train, ntree = 20), probabilities(type = "prob"))
save_case("gbm-multi",
  suppressWarnings(gbm(kind ~ x + age..years., "multinomial", train, n.trees = 20)), function(model, data) {
    p <- predict(model, data, n.trees = 20, type = "response")
    as.data.frame(matrix(p, nrow(data), dimnames = dimnames(p)[1:2]))
  })
save_case("glmnet-multi", cv.glmnet(as.matrix(train[numeric]), train$kind, family = "multinomial", nfolds = 3),
  function(model, data) {
    p <- predict(model, as.matrix(data[numeric]), type = "response")
    as.data.frame(matrix(p, nrow(data), dimnames = list(NULL, dimnames(p)[[2]])))
  })
made <- train
levels(made$kind) <- make.names(levels(made$kind))
caret_multi <- caret::train(kind ~ x + age..years. + city, made, method = "rf", ntree = 20, trControl = once,
                            tuneGrid = data.frame(mtry = 2))
save_case("caret-rf-multi", caret_multi, function(model, data) {
  setNames(predict(model, data, type = "prob"), levels(train$kind))
})
save_case("naiveBayes", naiveBayes(kind ~ x + city, train), probabilities(type = "raw"))
save_case("lda", MASS::lda(kind ~ x + age..years., train), function(model, data) as.data.frame(predict(model, data)$posterior))
save_case("multinom", nnet::multinom(kind ~ x + city, train, trace = FALSE), probabilities(type = "probs"))
if (requireNamespace("ranger", quietly = TRUE)) {
  forest <- function(...) ranger::ranger(..., data = train, num.trees = 20, num.threads = 1,
    respect.unordered.factors = "order")
  save_case("ranger", forest(y ~ x + age..years. + city),
    function(model, data) data.frame(Predictions = predict(model, data)$predictions))
  save_case("ranger-multi", forest(kind ~ x + age..years. + city, probability = TRUE),
    function(model, data) as.data.frame(predict(model, data)$predictions))
}

# anomaly and transform
save_case("oneclass", svm(train[numeric], type = "one-classification"),
  function(model, data) data.frame(Predictions = as.numeric(predict(model, data[numeric]))))
recipe <- prep(step_dummy(step_normalize(recipe(~ x + city, train), x), city))
save_case("recipe", recipe, function(model, data) bake(model, new_data = data))
