"""The rules that the development chain runs by: Shanghai, the first with PUSH0. The chain calls it.

Later forks add blobs and system contracts, of which the registry uses nothing; what
its contracts do costs the same gas until Prague, which charges more for long calldata.
"""

from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader as Header
from eth.vm.forks.shanghai.transactions import ShanghaiTransactionBuilder as TransactionBuilder

VM = ShanghaiVM

__all__ = ["VM", "Header", "TransactionBuilder"]
