"""Which trade documents a shipment needs, by how it travels and by its Incoterm."""

from logistics.models import TradeDocumentType as T
from reference.incoterms import Side, get_rule, who_pays

BY_MODE = {"sea": T.BILL_OF_LADING, "air": T.AIR_WAYBILL, "air_charter": T.AIR_WAYBILL, "courier": T.AIR_WAYBILL}


def required_documents(mode: str, incoterm: str) -> list[str]:
    """Commercial invoice and packing list always; the transport document of the mode; insurance where the seller
    owes it.

    The customs entry is ours to show wherever the buyer clears import; under DDP it stays with the seller.
    """
    wanted = [T.COMMERCIAL_INVOICE, T.PACKING_LIST]
    if mode in BY_MODE:
        wanted.append(BY_MODE[mode])
    if get_rule(incoterm).insurance:
        wanted.append(T.INSURANCE_CERTIFICATE)
    if who_pays(incoterm, "import_clearance") is Side.BUYER:
        wanted.append(T.CUSTOMS_ENTRY)
    return [str(one) for one in wanted]
