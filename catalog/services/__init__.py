"""Everything that changes the catalogue, by document."""

from catalog.services.groups import save_product_group
from catalog.services.products import (
    PackagingInput,
    ProductEdit,
    ProductInput,
    archive_products,
    create_product,
    create_products,
    edit_product,
    edit_products,
    input_of,
    product_errors,
    restore_products,
)

__all__ = [
    "PackagingInput",
    "ProductEdit",
    "ProductInput",
    "archive_products",
    "create_product",
    "create_products",
    "edit_product",
    "edit_products",
    "input_of",
    "product_errors",
    "restore_products",
    "save_product_group",
]
