# The model was trained in miles per hour and feet; its users think in kilometres and metres.

transform <- function(data, model) {
  data.frame(speed = data$kmh / 1.609344)
}

post_process <- function(predictions, model) {
  data.frame(Predictions = pmax(predictions$Predictions, 0) * 0.3048)
}
