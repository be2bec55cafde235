# The hooks of this model. Keep the ones you need; delete the rest, and what is left to R's predict stays its own.
#
# As it stands, this file is a model of its own: it predicts the row-wise mean of all numbers. Put a model saved with
# saveRDS (such as model.rds) into this folder, delete score, and R's predict scores it.

score <- function(data, model, ...) {
  # Predict. Return a data.frame with a row for each row of data.
  #
  # Regression: one column. Classification: a column of probabilities for each class label; the arguments
  # positive_class_label and negative_class_label, or class_labels, hold them.
  data.frame(Predictions = rowMeans(Filter(is.numeric, data)))
}

# init <- function(code_dir) {
#   # Prepare whatever the other hooks need. Called once, before everything else.
# }

# read_input_data <- function(input_binary_data) {
#   # Read the bytes (a raw vector) of a request or file yourself and return a data.frame.
# }

# load_model <- function(code_dir) {
#   # Load the model yourself and return it; without this hook, the .rds file in this folder is loaded.
# }

# transform <- function(data, model) {
#   # Change the features before prediction. Return a data.frame with as many rows.
#   data
# }

# post_process <- function(predictions, model) {
#   # Change the predictions. Return a data.frame with the same columns and as many rows.
#   predictions
# }

# fit <- function(X, y, output_dir, class_order, row_weights, parameters) {
#   # Train, for 'drum fit': write the model into output_dir.
#   saveRDS(lm(y ~ ., cbind(X, y)), file.path(output_dir, "model.rds"))
# }

# score_unstructured <- function(model, data, query, ...) {
#   # Target type 'unstructured': answer text or raw with text or raw.
#   data
# }
