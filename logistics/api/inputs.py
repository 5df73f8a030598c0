"""From what the API has read to what the services take."""

from logistics import services


def _named(data: dict, *names: str) -> dict:
    return {name: data[name] for name in names if name in data}


def shipment(data: dict) -> services.ShipmentInput:
    return services.ShipmentInput(
        mode=data["mode"],
        lines=[
            services.ShipmentLineInput(
                order_line_id=line["order_line"],
                quantity=line["quantity"],
                inspection_id=line.get("inspection"),
                **_named(line, "cartons", "gross_weight_kg", "volume_m3"),
            )
            for line in data["lines"]
        ],
        forwarder_id=data.get("forwarder"),
        warehouse_id=data.get("warehouse"),
        origin=data.get("origin", "").upper(),
        destination=data.get("destination", "").upper(),
        containers=[services.ContainerInput(**container) for container in data.get("containers", [])],
        **_named(
            data,
            "incoterm",
            "named_place",
            "carrier",
            "vessel",
            "voyage",
            "transport_document",
            "planned_departure_date",
            "planned_arrival_date",
            "freight_included",
            "remarks",
        ),
    )


def receipt(data: dict) -> services.ReceiptInput:
    return services.ReceiptInput(
        warehouse_id=data["warehouse"],
        received_date=data["received_date"],
        shipment_id=data.get("shipment"),
        lines=[
            services.ReceiptLineInput(
                order_line_id=line.get("order_line"),
                shipment_line_id=line.get("shipment_line"),
                **_named(line, "accepted", "rejected", "short", "received", "damaged", "reason"),
            )
            for line in data["lines"]
        ],
        **_named(data, "delivery_note", "remarks"),
    )


def delivery(data: dict) -> services.DeliveryInput:
    return services.DeliveryInput(
        order_id=data["order"],
        shipped_date=data["shipped_date"],
        warehouse_id=data.get("warehouse"),
        lines=[services.DeliveryLineInput(line["order_line"], line["quantity"]) for line in data["lines"]],
        **_named(data, "delivered_date", "carrier", "tracking", "mode", "documents_ok", "freight_included"),
    )


def customer_return_lines(lines: list[dict]) -> list[services.CustomerReturnLineInput]:
    return [
        services.CustomerReturnLineInput(line["delivery_line"], line["quantity"], line["disposition"]) for line in lines
    ]


def supplier_return_lines(lines: list[dict]) -> list[services.SupplierReturnLineInput]:
    return [
        services.SupplierReturnLineInput(line["receipt_line"], line["quantity"], line.get("rejected_quantity"))
        for line in lines
    ]
