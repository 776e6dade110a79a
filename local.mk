PREPARE = --quick
