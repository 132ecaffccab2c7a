"""Which notebooks run: those whose data is here."""

from schedlab.workload import data_root

collect_ignore = [] if data_root() else ["fragmentation.ipynb", "optimality-gap.ipynb"]
