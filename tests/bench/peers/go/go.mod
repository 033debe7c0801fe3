module headrace/bench/plain

go 1.26
