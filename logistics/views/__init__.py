from logistics.views import deliveries, lists, receipts, shipments, shipping

__all__ = ["deliveries", "lists", "receipts", "shipments", "shipping"]
