# Logistic regression by Newton's method, inside a module.
module Custom

using LinearAlgebra
using Serialization

export score

struct Logistic
    coefficients::Vector{Float64}
end

sigmoid(x) = 1 / (1 + exp(-x))
design(data) = hcat(ones(length(data.age)), data.age, data.count)

function fitted(data)
    features, target = design(data), Float64.(data.target .> 0)
    coefficients = zeros(size(features, 2))
    for _ in 1:8
        p = sigmoid.(features * coefficients)
        hessian = features' * (features .* (p .* (1 .- p))) + 1e-3I
        coefficients += hessian \ (features' * (target - p))
    end
    return Logistic(coefficients)
end

function score(data, model::Logistic; positive_class_label="yes", negative_class_label="no")
    p = [sigmoid(dot(row, model.coefficients)) for row in eachrow(design(data))]
    return Dict(positive_class_label => p, negative_class_label => 1 .- p)
end

end
