"""The short way for few rows: what scikit-learn's transformers compute, without what they check at each call.

Of the milliseconds that a pipeline takes for one row, its arithmetic takes microseconds. The rest are frames that are
cut, arguments that are validated, and thread pools for one thread. Here the arithmetic of the commonest transformers is
written down for data that need none of that: the *step* of a transformer returns what its ``transform`` returns, to the
bit. All else is scikit-learn itself: other transformers, the last estimator, data that are out of the ordinary, and a
model's first calls, with which the short way is compared.
"""
