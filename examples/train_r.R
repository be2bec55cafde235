# Train the examples of drum-r from data that R ships, and write their input.
#
# Run `Rscript examples/train_r.R` with caret and randomForest installed; expected.csv is then what R itself predicts, not
# what drum does.

suppressPackageStartupMessages(library(caret))

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
set.seed(1)

write_exactly <- function(frame, file) {
  # Write numbers with all of their digits.
  text <- lapply(frame, function(x) if (is.double(x)) sprintf("%.17g", x) else x)
  write.csv(as.data.frame(text, check.names = FALSE), file, row.names = FALSE, quote = FALSE)
}

# r-caret: which species is it? A random forest of caret's, three classes.

folder <- file.path(here, "r-caret")
forest <- train(
  Species ~ ., iris, method = "rf", ntree = 25, tuneGrid = data.frame(mtry = 2),
  trControl = trainControl("none", classProbs = TRUE, trim = TRUE, returnData = FALSE)
)
rows <- iris[seq(1, 150, 10), 1:4]
saveRDS(forest, file.path(folder, "model", "model.rds"))
write.csv(rows, file.path(folder, "input.csv"), row.names = FALSE, quote = FALSE)
write_exactly(predict(forest, rows, type = "prob"), file.path(folder, "expected.csv"))

# r-hooks: how long is the stopping distance of a car? A linear model behind two hooks.

folder <- file.path(here, "r-hooks")
model <- lm(dist ~ speed + I(speed^2), cars)
kmh <- seq(10, 40, 5)
saveRDS(model, file.path(folder, "model", "model.rds"))
write.csv(data.frame(kmh = kmh), file.path(folder, "input.csv"), row.names = FALSE)
feet <- predict(model, data.frame(speed = kmh / 1.609344))
write_exactly(data.frame(Predictions = pmax(feet, 0) * 0.3048), file.path(folder, "expected.csv"))
