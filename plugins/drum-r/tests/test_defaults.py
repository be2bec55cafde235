"""R's own predict on data that are not quite those of the training."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum.errors import MalformedInputError, ModelContractError, NoScorerError, ScoreError
from drum.scorer import Scorer

Serve = Callable[..., Scorer]

TRAIN = """
load_model <- function(dir) {{
  set.seed(1)
  data <- data.frame(
    x = rnorm(90), zip = rep(c("101", "102", "103"), 30),
    size = factor(rep(c("S", "M", "L"), each = 30), c("S", "M", "L")),
    blank = rep(c("", "full"), 45), ok = rep(c(TRUE, FALSE, FALSE), 30)
  )
  data$y <- data$x + (data$zip == "102") + 2 * (data$blank == "") + as.integer(data$size) + data$ok
  data$class <- factor(ifelse(data$y > 3, "yes", "no"))
  {fit}
}}
"""
ROW = {"x": 0.5, "zip": "101", "size": "S", "blank": "full", "ok": True}


def model(fit: str) -> str:
    return TRAIN.format(fit=fit)


def value(scorer: Scorer, **changes: object) -> float:
    return float(scorer.score(pd.DataFrame([{**ROW, **changes}])).frame.iloc[0, -1])


# ------------------------------------------------------------------------------------- types


def test_numbers_are_spelt_as_the_levels_of_a_factor(serve: Serve) -> None:
    opened = serve(model("lm(y ~ zip, data)"))
    assert value(opened, zip=102) == value(opened, zip="102") == value(opened, zip=102.0) != value(opened, zip="101")


def test_truth_values_may_be_written_as_r_writes_them(serve: Serve) -> None:
    opened = serve(model("lm(y ~ ok, data)"))
    assert value(opened, ok="T") == value(opened, ok="TRUE") == value(opened, ok=True) != value(opened, ok=False)


def test_blank_is_a_level_where_read_csv_has_made_it_one(serve: Serve) -> None:
    opened = serve(model("lm(y ~ blank, data)"))
    assert value(opened, blank=None) == pytest.approx(value(opened, blank="full") + 2, abs=1)


@pytest.mark.parametrize("fit", ["lm(y ~ x + size, data)", "rpart::rpart(y ~ x + size, data)"])
def test_missing_values_of_every_kind_are_what_r_makes_of_them(serve: Serve, fit: str) -> None:
    opened = serve(model(fit), allow_nan=True)
    is_line = fit.startswith("lm")
    assert np.isnan(value(opened, x=None)) == is_line
    assert np.isnan(value(opened, size=None)) == is_line
    assert np.isnan(value(opened, size=np.nan)) == is_line


def test_missing_prediction_is_refused_unless_it_is_allowed(serve: Serve) -> None:
    with pytest.raises(ModelContractError, match="missing and infinite predictions are refused unless --allow-nan"):
        value(serve(model("lm(y ~ x, data)")), x=None)


def test_columns_that_the_model_does_not_know_are_left_alone(serve: Serve) -> None:
    opened = serve(model("lm(y ~ x, data)"))
    assert value(opened, extra="text", further=1) == value(opened)


# ------------------------------------------------------------------------------------- the caller's faults


@pytest.mark.parametrize(
    "fit",
    [
        "lm(y ~ x + size, data)",
        "rpart::rpart(y ~ x + size, data)",
        "randomForest::randomForest(y ~ x + size, data, ntree = 5)",
        "gbm::gbm(y ~ x + size, 'gaussian', data, n.trees = 5)",
        "caret::train(y ~ x + size, data, method = 'lm', trControl = caret::trainControl('none'))",
        "caret::train(data[c('x', 'size')], data$y, method = 'rpart', trControl = caret::trainControl('none'))",
    ],
)
def test_missing_columns_are_named(serve: Serve, fit: str) -> None:
    with pytest.raises(
        MalformedInputError, match=r"The input lacks column 'size' of the 2 that the model takes. It has"
    ):
        serve(model(fit)).score(pd.DataFrame([{"x": 1.0, "other": 2}]))


@pytest.mark.parametrize(
    "fit",
    [
        "lm(y ~ x + size, data)",
        "rpart::rpart(y ~ x + size, data)",
        "randomForest::randomForest(y ~ x + size, data, ntree = 5)",
        "caret::train(y ~ x + size, data, method = 'lm', trControl = caret::trainControl('none'))",
    ],
)
def test_unknown_category_is_refused_by_the_name_of_its_column(serve: Serve, fit: str) -> None:
    with pytest.raises(
        MalformedInputError, match="categories that the model was not trained on in column 'size'"
    ) as caught:
        value(serve(model(fit)), size="secret")
    assert "secret" not in caught.value.message


def test_unknown_category_is_missing_where_r_takes_it_so(serve: Serve) -> None:
    opened = serve(model("gbm::gbm(y ~ x + size, 'gaussian', data, n.trees = 50)"))
    assert value(opened, size="secret") == value(opened, size=None)


@pytest.mark.parametrize(
    "fit",
    [
        "lm(y ~ x, data)",
        "randomForest::randomForest(y ~ x, data, ntree = 5)",
        "glmnet::cv.glmnet(as.matrix(cbind(x = data$x, ok = data$ok)), data$y)",
    ],
)
def test_text_in_place_of_numbers_is_named(serve: Serve, fit: str) -> None:
    with pytest.raises(MalformedInputError, match="takes numbers, but there is text in column 'x'"):
        value(serve(model(fit)), x="secret")


@pytest.mark.parametrize(
    "fit",
    [
        "caret::train(y ~ x, data, method = 'rf', ntree = 5, tuneGrid = data.frame(mtry = 1), "
        "trControl = caret::trainControl('none'))",
        "e1071::svm(data['x'], type = 'one-classification')",
    ],
)
def test_missing_values_that_a_model_does_not_take_are_named(serve: Serve, fit: str) -> None:
    data = pd.DataFrame({"x": [1.0, None]})
    with pytest.raises(MalformedInputError, match=r"missing values, but there are some in column 'x', first in row 1"):
        serve(model(fit)).score(data)


def test_text_without_levels_means_nothing_to_ranger(serve: Serve) -> None:
    """It would take the place of a category among those that happen to be in the request."""
    if not has_package("ranger"):
        pytest.skip("ranger is not installed")
    opened = serve(model("ranger::ranger(y ~ x + size, data, num.trees = 5)"))
    with pytest.raises(MalformedInputError, match=r"text in column 'size'. It keeps no levels of factors: train it"):
        value(opened)


def has_package(name: str) -> bool:
    done = subprocess.run(["Rscript", "-e", f"quit(status = !requireNamespace('{name}', quietly = TRUE))"], check=False)
    return done.returncode == 0


# ------------------------------------------------------------------------------------- the model's


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        ("glmnet::glmnet(cbind(V1 = data$x, V2 = data$x^2), data$class, 'binomial')", "holds .* values of lambda"),
        ("glm(y ~ x, data = data)", "a glm of family 'gaussian' gives no probabilities"),
        ("e1071::svm(class ~ x, data)", "trained without probability = TRUE"),
        (
            "caret::train(class ~ x, data, method = 'svmLinear2', trControl = caret::trainControl('none'))",
            "Exception: ",
        ),
    ],
)
def test_model_without_probabilities_says_why(serve: Serve, fit: str, message: str) -> None:
    opened = serve(model(fit), "binary", ("no", "yes"))
    with pytest.raises(ScoreError, match=message):
        opened.score(pd.DataFrame([{**ROW, "V1": 1.0, "V2": 1.0}]))


def test_classes_are_no_values(serve: Serve) -> None:
    with pytest.raises(ScoreError, match="predicts names of classes where numbers are needed"):
        value(serve(model("rpart::rpart(class ~ x, data) |> structure(class = c('own', 'rpart'))\n"
                          "predict.own <- function(...) factor('yes')\n"
                          "registerS3method('predict', 'own', predict.own)\n"
                          "structure(list(), class = 'own')")))  # fmt: skip


def test_object_without_predict_says_what_to_do(serve: Serve) -> None:
    with pytest.raises(
        NoScorerError, match=r"R has no 'predict' for a model of class 'notKnown'. Name its package in req"
    ):
        value(serve("load_model <- function(dir) structure(list(), class = 'notKnown')"))


def test_target_type_that_predict_does_not_serve(serve: Serve) -> None:
    with pytest.raises(NoScorerError, match="R's predict does not serve target type 'textgeneration'"):
        value(serve(model("lm(y ~ x, data)"), "textgeneration"))


def test_model_that_transforms_nothing(serve: Serve, trained: Path) -> None:
    with pytest.raises(NoScorerError, match="has no 'transform' for target type 'transform'"):
        serve(trained / "lm", "transform").score(trained / "rows.csv")


# ------------------------------------------------------------------------------------- further kinds


def test_recipe_transforms_as_in_a_script(serve: Serve, trained: Path) -> None:
    answer = serve(trained / "recipe", "transform").score(trained / "rows.csv").frame
    expected = pd.read_csv(trained / "recipe" / "expected-rows.csv")
    np.testing.assert_allclose(answer.to_numpy(float), expected.to_numpy(float), rtol=0, atol=1e-12)
    assert list(answer.columns) == list(expected.columns)


def test_pre_processing_of_carets_transforms(serve: Serve) -> None:
    opened = serve(model("caret::preProcess(data['x'], 'range')"), "transform")
    assert opened.score(pd.DataFrame({"x": [0.0, 1.0]})).frame["x"].is_monotonic_increasing


def test_sparse_matrix_goes_to_glmnet_as_it_is_and_to_others_as_a_frame(serve: Serve, trained: Path) -> None:
    rows = pd.read_csv(trained / "rows.csv")[["x", "age (years)", "count"]].rename(
        columns={"age (years)": "age..years."}
    )
    sparse = rows.astype(float).astype(pd.SparseDtype("float64", 0.0))
    for name, target_type in (("glmnet-regression", "regression"), ("oneclass", "anomaly")):
        opened = serve(trained / name, target_type)
        dense = opened.score(rows).frame
        np.testing.assert_allclose(opened.score(sparse).frame.to_numpy(), dense.to_numpy(), atol=1e-12)


@pytest.mark.parametrize(("labels", "positive"), [(("0", "1"), "1"), (("1", "0"), "1"), (("no", "yes"), "yes")])
def test_numbered_classes_are_found_by_number_or_else_by_order(
    serve: Serve, labels: tuple[str, str], positive: str
) -> None:
    code = model("glm(as.integer(class == 'yes') ~ x, binomial, data)")
    high, low = (serve(code, "binary", labels).score(pd.DataFrame({"x": [x]})).frame[positive].iloc[0] for x in (3, -3))
    assert high > 0.8 > 0.2 > low
