"""Human judgement of pairs, without a web page: a store that loses nothing, order, agreement, certificate."""
